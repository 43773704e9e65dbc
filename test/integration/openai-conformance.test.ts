import { openaiTransport } from '../../src/drivers/openai-transport.ts';
import { dialectFor } from '../../src/targets/dialects.ts';
import { testTransport } from '../drivers/conformance.ts';

testTransport({
  name: 'openai',
  create: ({ target, clock, timeouts }) =>
    openaiTransport({
      target,
      dialect: dialectFor(target.dialect),
      keys: ['sk-test-key'],
      timeouts,
      clock,
      keepHeader: () => true,
      recordBodies: false,
    }),
  skip: [],
});

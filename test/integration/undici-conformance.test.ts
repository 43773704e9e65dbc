import { undiciTransport } from '../../src/drivers/undici-transport.ts';
import { dialectFor } from '../../src/targets/dialects.ts';
import { testTransport } from '../drivers/conformance.ts';

testTransport({
  name: 'undici',
  create: ({ target, clock, timeouts }) =>
    undiciTransport({
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

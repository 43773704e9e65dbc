/** undici's dispatch and nothing else: the least that a closed loop through it can cost. */
import { Client, type Dispatcher } from 'undici';

export interface DispatchOptions {
  readonly port: number;
  readonly connections: number;
  readonly seconds: number;
  readonly body: string;
}

const { port, connections, seconds, body }: DispatchOptions = JSON.parse(process.argv[2] ?? '{}');
const endMs = performance.now() + seconds * 1000;
const headers = ['content-type', 'application/json'];

function loop(client: Client): void {
  if (performance.now() > endMs) {
    void client.destroy();
    return;
  }
  const handler: Dispatcher.DispatchHandler = {
    onRequestStart: () => {},
    onResponseStart: () => {},
    onResponseData: () => {},
    onResponseEnd: () => loop(client),
    onResponseError: () => loop(client),
  };
  client.dispatch({ path: '/v1/chat/completions', method: 'POST', headers, body }, handler);
}

for (let index = 0; index < connections; index++) loop(new Client(`http://127.0.0.1:${port}`, { pipelining: 1 }));

import type { SimulatorSettings } from '../model/simulator.ts';
import { startSimulator } from './server/serve.ts';

/** What a parent sends to the forked process, and what comes back. */
export type ChildOrder = { readonly kind: 'start'; readonly settings: SimulatorSettings };
export type ChildReport =
  | { readonly kind: 'listening'; readonly baseUrl: string; readonly port: number }
  | { readonly kind: 'failed'; readonly message: string };

function report(message: ChildReport): void {
  process.send?.(message);
}

async function obey({ settings }: ChildOrder): Promise<void> {
  try {
    const { baseUrl, port } = await startSimulator(settings);
    report({ kind: 'listening', baseUrl, port });
  } catch (error) {
    report({ kind: 'failed', message: error instanceof Error ? error.message : String(error) });
  }
}

process.once('message', (order: ChildOrder) => void obey(order));
// The endpoint dies with its parent, however that one ends.
process.once('disconnect', () => process.exit(0));
// Ctrl-C reaches the whole process group; the parent decides when the endpoint may go.
process.on('SIGINT', () => {});

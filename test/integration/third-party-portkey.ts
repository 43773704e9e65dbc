import { join } from 'node:path';
import { answers, freePort, installThirdParty, startProcess } from './third-party.ts';

export interface Portkey {
  readonly baseUrl: string;
  stop(): Promise<void>;
}

export type PortkeyStart =
  | { readonly ok: true; readonly portkey: Portkey }
  | { readonly ok: false; readonly why: string };

/**
 * @portkey-ai/gateway 1.15.2, an open-source relay, on loopback: it has no option for its address and forwards to any host
 * a client names, so what it listens on is narrowed from outside.
 */
export async function startPortkey(): Promise<PortkeyStart> {
  const installed = await installThirdParty();
  if (!installed.ok) return installed;
  const { folder } = installed;
  const port = await freePort();
  const main = join(folder, 'node_modules', '@portkey-ai', 'gateway', 'build', 'start-server.js');
  const preload = join(folder, 'loopback-only.cjs');
  const server = startProcess(process.execPath, ['--require', preload, main, `--port=${port}`, '--headless']);
  await answers(`http://127.0.0.1:${port}/`, server);
  return { ok: true, portkey: { baseUrl: `http://127.0.0.1:${port}/v1`, stop: server.stop } };
}

/** Passes on to one upstream, as configured out of the box: no retries. */
export const passing = (upstream: string): Readonly<Record<string, string>> => ({
  'x-portkey-provider': 'openai',
  'x-portkey-custom-host': upstream,
});

/** Any other routing: Portkey takes it as JSON in a header. */
export const configured = (config: object): Readonly<Record<string, string>> => ({
  'x-portkey-config': JSON.stringify(config),
});

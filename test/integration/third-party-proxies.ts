import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { answers, freePort, programPath, startProcess, unavailable } from './third-party.ts';

export interface Proxy {
  /** Without a path. */
  readonly baseUrl: string;
  stop(): Promise<void>;
}

export interface ProxyOptions {
  /** `http://127.0.0.1:<port>` */
  readonly upstream: string;
  /** Lines of the part of the configuration that decides about one call. */
  readonly rules: string;
  /** Lines before it: zones, tables. */
  readonly zones?: string;
  /** nginx only: further locations. */
  readonly places?: string;
}

export type Program =
  | { readonly ok: true; start(options: ProxyOptions): Promise<Proxy> }
  | { readonly ok: false; readonly why: string };

interface Daemon {
  readonly name: string;
  readonly versionFlag: string;
  configuration(options: ProxyOptions, place: { readonly port: number; readonly folder: string }): string;
  args(configurationFile: string, folder: string): readonly string[];
}

/** One process, in the foreground, without a thing outside its own folder. */
const NGINX: Daemon = {
  name: 'nginx',
  versionFlag: '-v',
  configuration: ({ upstream, rules, zones = '', places = '' }, { port, folder }) => `daemon off;
master_process off;
pid ${folder}/nginx.pid;
error_log ${folder}/error.log;
events { worker_connections 256; }
http {
  access_log off;
  client_body_temp_path ${folder}/body;
  proxy_temp_path ${folder}/proxy;
  fastcgi_temp_path ${folder}/fastcgi;
  uwsgi_temp_path ${folder}/uwsgi;
  scgi_temp_path ${folder}/scgi;
  ${zones}
  server {
    listen 127.0.0.1:${port};
    location / {
      ${rules}
      proxy_pass ${upstream};
      proxy_http_version 1.1;
      proxy_set_header Connection "";
    }
    ${places}
  }
}
`,
  args: (file, folder) => ['-p', folder, '-c', file],
};

const HAPROXY: Daemon = {
  name: 'haproxy',
  versionFlag: '-v',
  configuration: ({ upstream, rules, zones = '' }, { port }) => `defaults
  mode http
  timeout connect 2s
  timeout client 30s
  timeout server 30s
frontend front
  bind 127.0.0.1:${port}
  ${zones}
  ${rules}
  default_backend back
backend back
  server one ${upstream.replace('http://', '')}
`,
  args: (file) => ['-db', '-f', file],
};

export const nginx = (): Program => program(NGINX);
export const haproxy = (): Program => program(HAPROXY);

function program(daemon: Daemon): Program {
  const path = programPath(daemon.name, daemon.versionFlag);
  if (path === null) return unavailable(`${daemon.name} is not installed`);
  return { ok: true, start: (options) => startProxy(path, daemon, options) };
}

async function startProxy(path: string, daemon: Daemon, options: ProxyOptions): Promise<Proxy> {
  const folder = mkdtempSync(join(tmpdir(), `quotascope-${daemon.name}-`));
  const port = await freePort();
  const file = join(folder, `${daemon.name}.conf`);
  writeFileSync(file, daemon.configuration(options, { port, folder }));
  const server = startProcess(path, daemon.args(file, folder));
  const baseUrl = `http://127.0.0.1:${port}`;
  // Asked for what no rule counts: a call would spend what is under test.
  await answers(`${baseUrl}/__stats`, server);
  return {
    baseUrl,
    async stop() {
      await server.stop();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

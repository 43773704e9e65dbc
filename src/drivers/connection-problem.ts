import type { Problem } from '../model/problem.ts';
import { describeProxy } from './proxy.ts';
import { codeOf, OpenError } from './transport-errors.ts';

export interface FailedConnection {
  readonly url: URL;
  readonly proxy: URL | null;
  readonly error: Error;
}

/** Why a host cannot be reached, in a person's words. */
export function connectionProblem({ url, proxy, error }: FailedConnection): Problem {
  const phase = error instanceof OpenError ? error.phase : 'connect';
  const via = proxy === null ? '' : ` through the proxy ${describeProxy(proxy)}`;
  const message = `${url.host} cannot be reached${via}: ${error.message} (${codeOf(error)}).`;
  return { code: `unreachable-${phase}`, severity: 'error', message, hint: hintFor(phase, codeOf(error)), where: null };
}

function hintFor(phase: 'dns' | 'connect' | 'tls', code: string): string {
  switch (phase) {
    case 'dns':
      return 'Check the spelling of the host in baseUrl, and the name server of this machine.';
    case 'connect':
      if (code === 'PROXY_407') return 'Put its user and password into HTTPS_PROXY: http://user:password@host:port.';
      if (code.startsWith('PROXY_'))
        return 'The proxy does not let this host through; NO_PROXY names hosts to call directly.';
      return 'Check that the server runs, the port in baseUrl, and whether a proxy (HTTPS_PROXY) is needed.';
    case 'tls':
      if (code === 'CERT_HAS_EXPIRED') return 'The certificate of the server has expired: its operator must renew it.';
      if (code === 'ERR_TLS_CERT_ALTNAME_INVALID') return 'The certificate is for another host: check baseUrl.';
      return 'The certificate is not trusted here. For an own authority, set NODE_EXTRA_CA_CERTS to its certificate.';
    default:
      return phase satisfies never;
  }
}

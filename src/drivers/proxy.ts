type Environment = Readonly<Record<string, string | undefined>>;

/** Whether a host name means this machine: such traffic is never proxied. */
function isLoopback(hostname: string): boolean {
  const name = hostname.replace(/^\[|\]$/g, '').toLowerCase();
  return name === 'localhost' || name.endsWith('.localhost') || name === '::1' || /^127\./.test(name);
}

/**
 * The proxy that the environment names for this URL, or null: HTTPS_PROXY or HTTP_PROXY by the URL's scheme, else
 * ALL_PROXY, unless NO_PROXY lists the host. Lower-case names win, as in curl (everything.curl.dev/usingcurl/proxies,
 * seen 2026-11-21).
 */
export function proxyFor(url: URL, environment: Environment): URL | null {
  if (isLoopback(url.hostname)) return null;
  const scheme = url.protocol === 'https:' ? 'https_proxy' : 'http_proxy';
  const given = variable(environment, scheme) ?? variable(environment, 'all_proxy');
  if (given === undefined || isExempt(url, variable(environment, 'no_proxy') ?? '')) return null;
  const text = given.includes('://') ? given : `http://${given}`;
  return URL.canParse(text) ? new URL(text) : null;
}

/** For manifests and messages: without user name and password. */
export function describeProxy(proxy: URL): string {
  return `${proxy.protocol}//${proxy.host}`;
}

function variable(environment: Environment, name: string): string | undefined {
  return environment[name] || environment[name.toUpperCase()] || undefined;
}

function isExempt(url: URL, list: string): boolean {
  const host = url.hostname.replace(/^\[|\]$/g, '').toLowerCase();
  const port = url.port || (url.protocol === 'https:' ? '443' : '80');
  return list.split(/[,\s]+/).some((entry) => {
    if (entry === '') return false;
    if (entry === '*') return true;
    const [, name = entry, entryPort] = /^(.*?)(?::(\d+))?$/.exec(entry) ?? [];
    if (entryPort !== undefined && entryPort !== port) return false;
    const suffix = name.replace(/^\*?\./, '').toLowerCase();
    return host === suffix || host.endsWith(`.${suffix}`);
  });
}

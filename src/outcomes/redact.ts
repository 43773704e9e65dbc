/** Shortest piece of a secret that is hidden: providers echo the first or last characters of a key. */
const PIECE_CHARACTERS = 6;
const SECRET_CHARACTERS_MIN = 4;

const PATTERNS: readonly (readonly [pattern: RegExp, by: string])[] = [
  [/\b(bearer|basic)\s+(?=[\w.~+/=-]*[\d*])[\w.~+/=*-]{6,}/gi, '$1 [key]'],
  [
    /\b(?:sk|ak|pk|rk|ek|gsk|xai|hf|r8|nvapi|fw|pplx|tgp|csk|glpat|ghp|gho|github_pat|voyage|jina)[-_][\w*.\u2026-]{6,}/gi,
    '[key]',
  ],
  [/\b(?:AIza|LTAI|ya29\.|AKIA|ASIA|eyJ)[\w*.\u2026-]{10,}/g, '[key]'],
  [/\b[\w-]{2,12}\*{3,}[\w-]{0,12}/g, '[key]'],
  [/\b(api[_ -]?key|access[_ -]?token|secret|password)(["']?\s?[:=]\s?["']?)(?!\[)[\w.~+/=*-]{8,}/gi, '$1$2[key]'],
  [/\b(for api_key: |api key: ?|key hash: ?)(?!\[)[\w-]{8,}/gi, '$1[key]'],
  [/[\w.+-]{1,64}@[\w-]{1,63}(?:\.[\w-]{1,63}){1,4}/g, '[email]'],
  [/\borg[-_][\w-]{4,}/gi, '[organization]'],
  [/\bproj[-_][\w-]{4,}/gi, '[project]'],
  [/\b(?:user|usr|acct)[-_](?=[\w-]*\d)[\w-]{6,}/gi, '[user]'],
  [/\bws-[\w-]{6,}/gi, '[workspace]'],
  [
    /\b(organi[sz]ation|account|project|workspace|team|user)( id)?(["']?\s?[:=]?\s?["'(`]?)(?=[\w-]*\d)(?!\[)[0-9a-f]{6,}(?:-[0-9a-f]{2,}){0,6}\b/gi,
    '$1$2$3[$1]',
  ],
  [
    /(?<=")((?:user_id|organization_id|organizationId|account_id|accountId|project_id|projectId|uid|user)"\s?:\s?)"(?!\[)[^"\\]{1,200}"/g,
    '$1"[id]"',
  ],
];

const literal = (text: string) => text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');

/** A secret and every run of its beginning or end that is long enough to matter. */
function hideSecret(text: string, secret: string): string {
  if (secret.length < SECRET_CHARACTERS_MIN) return text;
  let out = text.split(secret).join('[key]');
  if (secret.length <= PIECE_CHARACTERS) return out;
  const head = secret.slice(0, PIECE_CHARACTERS);
  const tail = secret.slice(-PIECE_CHARACTERS);
  for (const piece of [head, tail]) out = out.replace(new RegExp(`[\\w-]*${literal(piece)}[\\w*.-]*`, 'g'), '[key]');
  return out;
}

/**
 * Removes keys (whole or partial), bearer tokens, e-mail addresses and the ids of organisations, projects and users.
 * `secrets` are the run's own keys. Request ids stay: they are evidence. Idempotent.
 */
export function redact(text: string, secrets: readonly string[] = []): string {
  let out = text;
  for (const secret of secrets) out = hideSecret(out, secret);
  for (const [pattern, by] of PATTERNS) out = out.replace(pattern, by);
  return out;
}

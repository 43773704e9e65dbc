import type { Exchange } from '../model/exchange.ts';
import type { DialectName } from '../model/target.ts';
import { foldText } from './fold.ts';
import { type Gathered, gather } from './gather.ts';
import { spentResources } from './hints.ts';

/** What a caller knows beside the exchange. */
export interface ClassifyContext {
  readonly dialect: DialectName;
  readonly baseUrl: string | null;
  readonly model: string;
  /** Epoch milliseconds at the answer: turns absolute reset times into waits. */
  readonly nowWallMs?: number;
}

/** Everything rules may look at. Identifiers and texts are lower case; nothing here is a judgement. */
export interface Evidence extends Gathered {
  /** The HTTP status of the answer. */
  readonly status: number | null;
  readonly headers: Readonly<Record<string, string>>;
  /** The headers as `name: value`, lower case: what patterns look at. */
  readonly headerLines: readonly string[];
  /** Host of the base URL, without port. */
  readonly host: string;
  readonly dialect: DialectName;
  readonly model: string;
}

/** Longest body that is read; a provider's error is a few kilobytes, a gateway's HTML page some ten. */
export const BODY_CHARACTERS_MAX = 65_536;

export function hostOf(baseUrl: string | null): string {
  const match = /^(?:[a-z][a-z0-9+.-]*:)?\/\/(?:[^/@]*@)?([^/:?#]+)/i.exec(baseUrl ?? '');
  return (match?.[1] ?? '').toLowerCase();
}

function lowerNames(headers: Readonly<Record<string, string>>): Record<string, string> {
  return Object.fromEntries(Object.entries(headers).map(([name, value]) => [name.toLowerCase(), String(value)]));
}

/** AWS names the exception in a header, at times with a link behind it, and leaves the body to a bare sentence. */
function withErrorType(codes: readonly string[], headers: Readonly<Record<string, string>>): readonly string[] {
  const name = /^[\w.]{1,80}/.exec(foldText(headers['x-amzn-errortype'] ?? ''))?.[0];
  return name === undefined ? codes : [...codes, name];
}

/** Reads status, headers, body and in-stream error frames into evidence. Linear in the (capped) body, never throws. */
export function readEvidence(
  exchange: Pick<Exchange, 'status' | 'headers' | 'body' | 'errorFrames'>,
  context: Pick<ClassifyContext, 'baseUrl' | 'model' | 'dialect'>,
): Evidence {
  const { head, tail } = exchange.body;
  const body = tail === '' || head === tail ? head : `${head}\n${tail}`;
  const texts = [body, ...exchange.errorFrames].map((text) => text.slice(0, BODY_CHARACTERS_MAX));
  const headers = lowerNames(exchange.headers);
  const gathered = gather(texts, { status: exchange.status, errorFrames: exchange.errorFrames.length > 0 });
  return {
    ...gathered,
    codes: withErrorType(gathered.codes, headers),
    facts: [...gathered.facts, ...spentResources(headers).map((resource) => `spent=${resource}`)],
    status: exchange.status,
    headers,
    headerLines: Object.entries(headers).map(([name, value]) => `${name}: ${value.toLowerCase()}`),
    host: hostOf(context.baseUrl),
    dialect: context.dialect,
    model: foldText(context.model),
  };
}

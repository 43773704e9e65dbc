import type { EndRecord, SentRecord } from '../model/journal.ts';
import type { Manifest } from '../model/manifest.ts';
import type { Outcome } from '../model/outcome.ts';
import { classify } from '../outcomes/classify.ts';

/** Judges stored exchanges by today's rules: old journals gain from better ones. */
export function reclassifier(manifest: Manifest): (end: EndRecord, sent: SentRecord) => Outcome {
  return ({ exchange }, { arrival, model }) => {
    const variant = manifest.variants[arrival.variantIndex] ?? manifest.variants[0];
    const { dialect, baseUrl } = variant;
    return classify(exchange, { dialect, baseUrl, model, nowWallMs: manifest.t0WallMs + exchange.finishedMs });
  };
}

import { OUTCOME_COLOURS, type OutcomeColour } from '../document/charts.ts';
import { html, type Markup } from './markup.ts';

/**
 * Hues from Okabe & Ito, "Color Universal Design" (2008), which stay apart under the common colour-vision deficiencies;
 * answers are quiet so that refusals stand out. Light and dark value each.
 */
const COLOURS: Readonly<Record<string, readonly [light: string, dark: string]>> = {
  ok: ['#c3cfd6', '#47565f'],
  requests: ['#0072b2', '#4ba3dc'],
  tokens: ['#e69f00', '#eab13c'],
  burst: ['#d55e00', '#ec7d33'],
  concurrency: ['#009e73', '#35c39c'],
  free_quota: ['#cc79a7', '#dd9abf'],
  billing: ['#7b4a9e', '#b48ad2'],
  overload: ['#56b4e9', '#86cdf2'],
  unknown: ['#6f6f6f', '#a5a5a5'],
  errors: ['#26262b', '#ececf0'],
  planned: ['#1f2933', '#e6ebef'],
  sent: ['#7d8d98', '#93a3ae'],
  quota: ['#b3261e', '#ff8a80'],
  'curve-1': ['#0072b2', '#4ba3dc'],
  'curve-2': ['#d55e00', '#ec7d33'],
  'curve-3': ['#009e73', '#35c39c'],
  'curve-4': ['#cc79a7', '#dd9abf'],
  'curve-5': ['#7b4a9e', '#b48ad2'],
  'curve-6': ['#8a6d00', '#eab13c'],
  'curve-7': ['#444b52', '#c9d1d8'],
  'curve-8': ['#3a9fc9', '#a8e0f7'],
};

/** A second cue beside colour: lines across the area. Strokes inside a tile of six by six. */
export const PATTERNS: Readonly<Record<OutcomeColour, string | null>> = {
  ok: null,
  requests: null,
  tokens: 'M-1,7L7,-1M-1,1L1,-1M5,7L7,5',
  burst: 'M-1,-1L7,7M5,-1L7,1M-1,5L1,7',
  concurrency: 'M2,3H4',
  free_quota: 'M3,0V6',
  billing: 'M0,3H6',
  overload: 'M3,0V6M0,3H6',
  unknown: 'M0,2H3M3,5H6',
  errors: null,
};

/** The second cue of lines that lie over each other: one dash each. */
export const DASHES: Readonly<Record<string, readonly number[]>> = {
  'curve-2': [7, 3],
  'curve-3': [2, 3],
  'curve-4': [9, 3, 2, 3],
  'curve-5': [4, 4],
  'curve-6': [12, 3],
  'curve-7': [1, 2],
  'curve-8': [6, 2, 2, 2, 2, 2],
};

const variables = (index: 0 | 1): string =>
  Object.entries(COLOURS)
    .map(([name, colours]) => `--c-${name}:${colours[index]};`)
    .join('');

export const COLOUR_VARIABLES = { light: variables(0), dark: variables(1) };

/** Classes `c-…` (fill), `p-…` (pattern) and `l-…` (stroke) of every colour. */
export const COLOUR_RULES: string = [
  ...Object.keys(COLOURS).map((name) => `.c-${name}{fill:var(--c-${name})}.l-${name}{stroke:var(--c-${name})}`),
  ...Object.entries(DASHES).map(([name, dash]) => `.s-dots.l-${name}{stroke-dasharray:${dash.join(' ')}}`),
  ...OUTCOME_COLOURS.map((name) => (PATTERNS[name] === null ? '' : `.p-${name}{fill:url(#pattern-${name})}`)),
].join('\n');

/** The patterns, once per page. */
export const patternDefinitions = (): Markup =>
  html`<svg class="defs" width="0" height="0" aria-hidden="true"><defs>${OUTCOME_COLOURS.map((name) => {
    const path = PATTERNS[name];
    return path === null
      ? null
      : html`<pattern id="pattern-${name}" patternUnits="userSpaceOnUse" width="6" height="6"><path class="stripe" d="${path}"/></pattern>`;
  })}</defs></svg>`;

/** The second cue of a colour, where it has one. */
export function patternOf(colour: string): string | null {
  const outcome = OUTCOME_COLOURS.find((name) => name === colour);
  return outcome === undefined ? null : PATTERNS[outcome];
}

/** A rectangle in the look of a colour: its pattern over it, or an outline for what was only planned. */
export function coloured(colour: string, box: { x: number; y: number; width: number; height: number }): Markup {
  const { x, y, width, height } = box;
  if (colour === 'planned') {
    return html`<rect class="outline" x="${x + 0.5}" y="${y + 0.5}" width="${Math.max(0, width - 1)}" height="${height - 1}"/>`;
  }
  return html`<rect class="c-${colour}" x="${x}" y="${y}" width="${width}" height="${height}"/>${
    patternOf(colour) !== null
      ? html`<rect class="p-${colour}" x="${x}" y="${y}" width="${width}" height="${height}"/>`
      : null
  }`;
}

/** A small square in the look of an outcome. */
export const swatch = (colour: string): Markup =>
  html`<svg class="swatch" viewBox="0 0 12 12" aria-hidden="true">${coloured(colour, { x: 0, y: 0, width: 12, height: 12 })}</svg>`;

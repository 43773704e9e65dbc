import type { Analysis } from '../../model/analysis.ts';
import type { ReportOptions } from '../../model/reporter.ts';
import { exitSentence, verdictSentence } from '../facts.ts';
import { formatMs, formatUtc } from '../format.ts';
import { driverWords, VERDICT_WORDS } from '../words.ts';
import type { ReportDocument, Section } from './blocks.ts';
import { claimsSection } from './claims.ts';
import { costSection, errorsSection, recoverySection } from './consequences.ts';
import { caveatsSection, environmentSection, methodSection, repeatSection } from './context.ts';
import { decisionSection } from './decision.ts';
import { deliveredSection } from './delivered.ts';
import { latencySection, overTimeSection, phasesSection, throughputSection } from './figures.ts';
import { forecastSection } from './forecast.ts';
import { headerFactsSection } from './header-facts.ts';
import { limitErrorsSection, limitsSection } from './limits.ts';
import { sideBySideSection } from './side-by-side.ts';
import { stabilitySection } from './stability.ts';
import { tacticsSection } from './tactics.ts';
import { questionSection, thresholdsSection } from './verdicts.ts';

/** In the order in which a reviewer asks; a section without content is left out. */
const SECTIONS: readonly ((analysis: Analysis) => Section)[] = [
  decisionSection,
  sideBySideSection,
  claimsSection,
  tacticsSection,
  stabilitySection,
  thresholdsSection,
  questionSection,
  forecastSection,
  limitErrorsSection,
  limitsSection,
  deliveredSection,
  latencySection,
  throughputSection,
  overTimeSection,
  phasesSection,
  errorsSection,
  recoverySection,
  headerFactsSection,
  costSection,
  environmentSection,
  caveatsSection,
  methodSection,
  repeatSection,
];

const FORECAST_TEXT =
  'FORECAST: nothing was sent. Every figure comes from a model of the endpoint under a virtual clock.';

function subtitle({ manifest, durationMs }: Analysis): string[] {
  const targets = [...new Set(manifest.variants.map((variant) => variant.targetName))].join(', ');
  const models = [...new Set(manifest.variants.map((variant) => variant.model))].join(', ');
  return [
    `${models} at ${targets}`,
    manifest.scenario.account.region,
    formatUtc(manifest.t0WallMs),
    formatMs(durationMs),
    ...new Set(manifest.variants.flatMap(({ driver }) => driverWords(driver) ?? [])),
  ];
}

/** The report as data: what HTML and Markdown both render. */
export function reportDocument(analysis: Analysis, options: ReportOptions): ReportDocument {
  const { tool, kind, scenario } = analysis.manifest;
  return {
    title: scenario.name,
    banner: {
      verdict: analysis.verdict,
      word: VERDICT_WORDS[analysis.verdict],
      exit: exitSentence(analysis),
      sentence: verdictSentence(analysis),
      forecast: kind === 'forecast' ? FORECAST_TEXT : null,
      subtitle: subtitle(analysis),
    },
    sections: SECTIONS.map((section) => section(analysis)).filter((section) => section.blocks.length > 0),
    generatedAt: options.generatedAt,
    tool: `${tool.name} ${tool.version}${tool.git === null ? '' : ` (${tool.git})`}`,
  };
}

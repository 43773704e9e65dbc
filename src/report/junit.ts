import type { Analysis } from '../model/analysis.ts';
import type { Finding } from '../model/finding.ts';
import type { Reporter } from '../model/reporter.ts';
import { claimsOf } from './comparison-facts.ts';
import { findingsOf, statementOf } from './facts.ts';
import { formatEstimate, formatUtc, plainSpaces } from './format.ts';
import { LIMIT_WORDS, QUOTA_WORDS } from './words.ts';

interface TestCase {
  readonly suite: string;
  readonly name: string;
  readonly result: 'passed' | 'failed' | 'skipped';
  readonly message: string;
  readonly details: readonly string[];
}

/** Characters XML 1.0 does not allow (section 2.2) become U+FFFD; the rest is escaped. */
function xml(text: string): string {
  return plainSpaces(text)
    .replace(/[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\u{10000}-\u{10ffff}]/gu, '\ufffd')
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;')
    .replace(/[\r\n\t]/g, (character) => `&#${character.charCodeAt(0)};`);
}

const RESULT_OF = { holds: 'passed', violated: 'failed', inconclusive: 'skipped' } as const;

function findingCase(analysis: Analysis, finding: Finding): TestCase {
  return {
    suite: finding.kind,
    name: statementOf(analysis, finding),
    result: RESULT_OF[finding.verdict],
    message: finding.why,
    details: [
      ...(finding.estimate ? [`actual: ${formatEstimate(finding.estimate)}`] : []),
      ...(finding.estimate === null && finding.result !== null ? [`actual: ${finding.result}`] : []),
      ...finding.evidence,
    ],
  };
}

/** `lower` than published is a failure; what could not be decided is skipped with its reason, never passed. */
function quotaCases(analysis: Analysis): TestCase[] {
  const several = analysis.manifest.variants.length > 1;
  return analysis.quota.map((verdict) => ({
    suite: 'quota',
    name: `${LIMIT_WORDS[verdict.limit].name}${several ? ` (${verdict.variant})` : ''}`,
    result:
      verdict.result === 'lower'
        ? ('failed' as const)
        : verdict.result === 'as_documented' || verdict.result === 'higher'
          ? ('passed' as const)
          : ('skipped' as const),
    message: `${QUOTA_WORDS[verdict.result]}: ${verdict.why}`,
    details: [
      ...(verdict.documented === null ? [] : [`documented: ${verdict.documented}`]),
      ...(verdict.estimate ? [`measured: ${formatEstimate(verdict.estimate)}`] : []),
      ...verdict.evidence,
    ],
  }));
}

function testCaseXml(scenario: string, test: TestCase): string {
  const open = `    <testcase classname="${xml(`${scenario}.${test.suite}`)}" name="${xml(test.name)}" time="0"`;
  const text = xml([test.message, ...test.details].filter((line) => line !== '').join('\n')).replaceAll('&#10;', '\n');
  switch (test.result) {
    case 'passed':
      return `${open}>\n      <system-out>${text}</system-out>\n    </testcase>`;
    case 'failed':
      return `${open}>\n      <failure message="${xml(test.message)}">${text}</failure>\n    </testcase>`;
    case 'skipped':
      return `${open}>\n      <skipped message="${xml(test.message)}">${text}</skipped>\n    </testcase>`;
  }
}

/** One suite per scenario; thresholds, claims and published limits are its cases. */
export const junitReporter: Reporter = (analysis) => {
  const cases = [
    ...[...findingsOf(analysis, 'threshold'), ...claimsOf(analysis)].map((finding) => findingCase(analysis, finding)),
    ...quotaCases(analysis),
  ];
  const count = (result: TestCase['result']) => cases.filter((test) => test.result === result).length;
  const totals = `tests="${cases.length}" failures="${count('failed')}" errors="0" skipped="${count('skipped')}"`;
  const seconds = (analysis.durationMs / 1000).toFixed(3);
  const scenario = analysis.manifest.scenario.name;
  const startedAt = formatUtc(analysis.manifest.t0WallMs).replace(/Z$/, '');
  const lines = [
    '<?xml version="1.0" encoding="UTF-8"?>',
    `<testsuites name="quotascope" ${totals} time="${seconds}">`,
    `  <testsuite name="${xml(scenario)}" ${totals} time="${seconds}" timestamp="${startedAt}">`,
    ...cases.map((test) => testCaseXml(scenario, test)),
    '  </testsuite>',
    '</testsuites>',
    '',
  ];
  return { files: [{ name: 'junit.xml', bytes: lines.join('\n') }] };
};

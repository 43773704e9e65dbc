import { publishedQuotas } from '../catalog/quotas.ts';
import type { Checked, Problem } from '../model/problem.ts';
import type { Phase, Scenario, Workload } from '../model/scenario.ts';
import { isAddress } from './build-target.ts';
import { buildTraffic, buildWorkload } from './build-traffic.ts';
import { type BuiltVariant, buildSafety, buildVariants, type PartialInput } from './build-variants.ts';
import { type Context, complain } from './context.ts';
import { checkContradictions } from './contradictions.ts';
import { complainAboutIssues } from './issues.ts';
import { lint } from './lint.ts';
import { type DataMap, isMap } from './overlay.ts';
import { type Environment, resolveReferences } from './references.ts';
import { checkRules, readClaims, readThresholds } from './rules.ts';
import { type ScenarioInput, type SectionName, scenarioSchema } from './schema.ts';
import { suggestion } from './spelling.ts';
import { readYaml } from './yaml-source.ts';

/** What replaces keys of the file: command line options. */
interface ScenarioOverrides {
  readonly seed?: number | undefined;
  readonly model?: string | undefined;
  /** Preset name; replaces the targets of all variants too. */
  readonly target?: string | undefined;
  /** Replaces the address, keeps the dialect and key variable of the target. */
  readonly baseUrl?: string | undefined;
}

export interface ParseOptions {
  /** Name for messages. */
  readonly file: string;
  /** The environment: fills references and shows which keys are set. Left out, nothing is set and keys are not checked. */
  readonly env?: Environment | undefined;
  /** Contents of `referencedFiles(text)`, by path as written; a file that is not in it could not be read. */
  readonly files?: ReadonlyMap<string, string> | undefined;
  readonly overrides?: ScenarioOverrides | undefined;
}

/** Scenario text to a scenario with all units and defaults resolved, or to all of its problems. Never throws. */
export function parseScenario(text: string, options: ParseOptions): Checked<Scenario> {
  const source = readYaml(text, options.file);
  const overrides = options.overrides ?? {};
  const context: Context = {
    file: options.file,
    source,
    problems: [...source.problems],
    failed: new Set(),
    env: options.env ?? null,
    fromEnvironment: new Map(),
    files: options.files ?? new Map(),
    overridden: overriddenSections(overrides),
  };
  if (!source.readable) return { ok: false, problems: context.problems };
  if (!isMap(source.data)) {
    const message = source.data === null ? 'the file is empty' : 'a scenario is a map of keys';
    complain(context, { code: 'not-a-scenario', at: [], message, hint: 'start with name: …, or use quotascope init' });
    return { ok: false, problems: context.problems };
  }
  const { data: filled, references } = resolveReferences(context, replaceParts(source.data, overrides));
  const data = replaceAddress(filled, overrides);
  const built = build(context, readSections(context, data), data);
  const scenario = references.length === 0 ? built : { ...built, references };
  const errors = context.problems.filter((problem) => problem.severity === 'error');
  if (errors.length > 0) return { ok: false, problems: inOrder(context.problems) };
  const warnings = [...context.problems, ...lint(scenario, source)];
  return { ok: true, value: scenario, warnings: inOrder(warnings) };
}

/** Paths of the files that the scenario names, as written; the command reads them. Empty for unreadable text. */
export function referencedFiles(text: string): readonly string[] {
  const { data, readable } = readYaml(text, '');
  if (!readable || !isMap(data)) return [];
  const workload = isMap(data.workload) ? [data.workload.file] : [];
  const traffic = Array.isArray(data.traffic) ? data.traffic : [];
  const replays = traffic.flatMap((item) => (isMap(item) && isMap(item.replay) ? [item.replay.file] : []));
  return [...new Set([...workload, ...replays].filter((path) => typeof path === 'string' && path !== ''))] as string[];
}

const overriddenSections = (overrides: ScenarioOverrides): ReadonlySet<string> =>
  new Set([
    ...(overrides.seed === undefined ? [] : ['seed']),
    ...(overrides.model === undefined ? [] : ['model']),
    ...(overrides.target === undefined && overrides.baseUrl === undefined ? [] : ['target']),
  ]);

function replaceParts(data: DataMap, { seed, model, target, baseUrl }: ScenarioOverrides): DataMap {
  const everywhere = target !== undefined || baseUrl !== undefined;
  return {
    ...data,
    ...(seed === undefined ? {} : { seed }),
    ...(model === undefined ? {} : { model }),
    ...(target === undefined ? {} : { target }),
    ...(everywhere && isMap(data.variants) ? { variants: withoutTargets(data.variants) } : {}),
  };
}

function replaceAddress(data: DataMap, { baseUrl }: ScenarioOverrides): DataMap {
  if (baseUrl === undefined) return data;
  const { target = 'simulator' } = data;
  const base = isMap(target) ? target : typeof target === 'string' && isAddress(target) ? {} : { preset: target };
  return { ...data, target: { ...base, baseUrl } };
}

const withoutTargets = (variants: DataMap): DataMap =>
  Object.fromEntries(
    Object.entries(variants).map(([name, variant]) => {
      if (!isMap(variant)) return [name, variant];
      const { target: _, ...rest } = variant;
      return [name, rest];
    }),
  );

/** Each section by itself, so that a mistake in one does not hide those in the others. */
function readSections(context: Context, data: DataMap): PartialInput {
  const shape = scenarioSchema.shape;
  const names = Object.keys(shape) as SectionName[];
  for (const key of Object.keys(data)) {
    if (Object.hasOwn(shape, key)) continue;
    const hint = suggestion(key, names);
    complain(context, { code: 'unknown-key', key: [key], message: `unknown key "${key}"`, hint });
  }
  const read: Partial<Record<SectionName, unknown>> = {};
  for (const name of names) {
    const schema = shape[name];
    const result = schema.safeParse(data[name]);
    if (result.success) {
      if (result.data !== undefined) read[name] = result.data;
      continue;
    }
    context.failed.add(name);
    complainAboutIssues(context, { schema, issues: result.error.issues, path: [name], data: data[name] });
  }
  return read as Partial<ScenarioInput>;
}

const NO_WORKLOAD: Workload = {
  content: { kind: 'text', text: '' },
  language: 'en',
  maxTokens: null,
  stream: true,
  cache: 'avoid',
  turns: null,
  extraBody: {},
};

/** Always a scenario: what is missing is stood in for, and the problems say so. */
function build(context: Context, input: PartialInput, data: DataMap): Scenario {
  const variants = buildVariants(context, input, data);
  const names = variants.map(({ variant }) => variant.name);
  const groups = new Set(variants.map(({ variant }) => variant.quotaGroup));
  const traffic: readonly Phase[] = buildTraffic(context, input.traffic ?? []);
  const thresholds = readThresholds(context, input.thresholds ?? []);
  const [first] = variants;
  const scenario: Scenario = {
    name: input.name ?? '',
    description: input.description ?? '',
    seed: input.seed ?? 1,
    account: {
      exclusive: input.account?.exclusive ?? 'unknown',
      region: first.region,
      workspace: input.account?.workspace ?? 'default',
    },
    restMs: input.rest ?? 0,
    workload: input.workload === undefined ? NO_WORKLOAD : buildWorkload(context, input.workload),
    traffic,
    variants: variants.map(({ variant }) => variant) as unknown as Scenario['variants'],
    pairing: input.pairing ?? (groups.size === variants.length ? 'paired' : 'switchback'),
    thresholds,
    claims: readClaims(context, input.claims ?? [], names),
    safety: buildSafety(input.safety),
    timeouts: {
      connectMs: input.timeouts?.connect ?? 5000,
      firstByteMs: input.timeouts?.firstByte ?? 60_000,
      idleMs: input.timeouts?.idle ?? 30_000,
      totalMs: input.timeouts?.total ?? 300_000,
    },
    record: input.record ?? 'outcomes',
    published: first.quotaIsPublished ? publishedQuotas(first.variant.model, first.region) : [],
  };
  checkRules(context, { thresholds, traffic, variants });
  const stated = (built: BuiltVariant, key: string) =>
    key in Object(input.variants?.[built.variant.name]) ? [...built.path, key] : [key];
  checkContradictions(context, {
    scenario,
    variants,
    pairingIsStated: input.pairing !== undefined,
    timeoutKeys: Object.keys(input.timeouts ?? {}),
    stated,
  });
  return scenario;
}

/** By place in the file, each once; what has no place comes first. */
function inOrder(problems: readonly Problem[]): readonly Problem[] {
  const key = ({ where, code, message }: Problem) => `${where?.line}:${where?.column} ${code} ${message}`;
  const seen = new Set<string>();
  const unique = problems.filter((problem) => !seen.has(key(problem)) && seen.add(key(problem)));
  return unique.toSorted(
    (a, b) => (a.where?.line ?? 0) - (b.where?.line ?? 0) || (a.where?.column ?? 0) - (b.where?.column ?? 0),
  );
}

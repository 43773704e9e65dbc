import { describe, expect, test } from 'vitest';
import { ASSUMED_BURST_GUARD } from '../../src/catalog/burst.ts';
import { ASSUMED_LATENCY } from '../../src/catalog/latency.ts';
import { METRICS, metricFor } from '../../src/catalog/metrics.ts';
import { priceFor } from '../../src/catalog/prices.ts';
import { PUBLISHED_QUOTAS, publishedQuotas, QUOTA_MODELS, quotaFor } from '../../src/catalog/quotas.ts';
import { presetFor, regionOfBaseUrl, TARGET_PRESETS, workspaceBaseUrl } from '../../src/catalog/targets.ts';

describe('published quotas', () => {
  test('qwen3-max in Singapore is 600 RPM and 1M TPM, with derived 10 RPS and 16,666 TPS', () => {
    expect(quotaFor('qwen3-max', 'ap-southeast-1')).toMatchObject({ rpm: 600, rps: 10, tpm: 1_000_000, tps: 16_666 });
  });

  test('the number belongs to its region: Beijing has 30,000 RPM', () => {
    expect(quotaFor('qwen3-max', 'cn-beijing')).toMatchObject({ rpm: 30_000, rps: 500, tpm: 5_000_000, tps: 83_333 });
  });

  test('the snapshot of 2025-09-23 has a tenth', () => {
    expect(quotaFor('qwen3-max-2025-09-23', 'ap-southeast-1')).toMatchObject({
      rpm: 60,
      rps: 1,
      tpm: 100_000,
      tps: 1666,
    });
  });

  test('a cell that was not certain is unknown, not guessed', () => {
    expect(quotaFor('qwen3-max-2026-01-23', 'ap-southeast-1')).toBeNull();
    expect(quotaFor('qwen3-coder-flash', 'us-east-1')).toMatchObject({ rpm: 1200, tpm: null, tps: null });
    expect(publishedQuotas('qwen3-coder-flash', 'us-east-1').map((quota) => quota.resource)).toEqual([
      'requests',
      'requests',
    ]);
  });

  test('nothing is published for unknown models and regions', () => {
    expect(quotaFor('qwen3-maxi', 'ap-southeast-1')).toBeNull();
    expect(publishedQuotas('qwen3-max', 'mars')).toEqual([]);
  });

  test('derived numbers say that they are derived', () => {
    const perSecond = publishedQuotas('qwen3-max', 'ap-southeast-1').filter((quota) => quota.periodMs === 1000);
    expect(perSecond.map((quota) => [quota.limit, quota.source.startsWith('derived')])).toEqual([
      [10, true],
      [16_666, true],
    ]);
  });

  test('every row has a source and an ISO date, and no (model, region) occurs twice', () => {
    for (const row of PUBLISHED_QUOTAS) {
      expect(row.source).toMatch(/aliyun/);
      expect(row.seenOn).toMatch(/^\d{4}-\d\d-\d\d$/);
      expect(row.rpm).toBeGreaterThan(0);
    }
    const keys = PUBLISHED_QUOTAS.map((row) => `${row.model} ${row.region}`);
    expect(new Set(keys).size).toBe(keys.length);
    expect(QUOTA_MODELS).toContain('qwen-plus');
  });
});

describe('prices', () => {
  test('the relay charges 0.88 of the list price, rounded to cents', () => {
    const list = priceFor('dashscope-intl', 'qwen3-max');
    const relay = priceFor('apiyi', 'qwen3-max');
    expect(list).toMatchObject({ inputUsdPerMillion: 1.2, outputUsdPerMillion: 6 });
    expect(relay?.inputUsdPerMillion).toBeCloseTo(1.2 * 0.88, 2);
    expect(relay?.outputUsdPerMillion).toBeCloseTo(6 * 0.88, 2);
  });

  test('yuan prices and unlisted models stay unknown', () => {
    expect(priceFor('dashscope-cn', 'qwen3-max')).toBeNull();
    expect(priceFor('dashscope-cn', 'qwen-plus')).toBeNull();
    expect(priceFor('dashscope-intl', 'qwen-long')).toBeNull();
  });

  test('models that stand in have the list prices of their own', () => {
    expect(priceFor('dashscope-intl', 'qwen-plus')).toMatchObject({
      inputUsdPerMillion: 0.4,
      outputUsdPerMillion: 1.2,
    });
    expect(priceFor('simulator', 'qwen-turbo')).toMatchObject({ inputUsdPerMillion: 0.05, outputUsdPerMillion: 0.2 });
  });

  test('a simulated price says that nothing is charged', () => {
    expect(priceFor('simulator', 'qwen3-max')?.source).toMatch(/nothing is charged/);
  });
});

describe('targets', () => {
  test('every preset has a unique name, a dated source and no trailing slash', () => {
    expect(new Set(TARGET_PRESETS.map((preset) => preset.name)).size).toBe(TARGET_PRESETS.length);
    for (const preset of TARGET_PRESETS) {
      expect(preset.baseUrl ?? 'https://none').toMatch(/^https:\/\/.*[^/]$/);
      expect(preset.seenOn).toMatch(/^\d{4}-\d\d-\d\d$/);
    }
  });

  test('each region has its own host', () => {
    expect(presetFor('dashscope-intl')?.baseUrl).toBe('https://dashscope-intl.aliyuncs.com/compatible-mode/v1');
    expect(presetFor('dashscope-hk')?.baseUrl).toBe('https://cn-hongkong.dashscope.aliyuncs.com/compatible-mode/v1');
    expect(presetFor('apiyi')?.baseUrl).toBe('https://api.apiyi.com/v1');
    expect(presetFor('dashscope')).toBeNull();
  });

  test('the workspace form exists only for regions it was seen in', () => {
    expect(workspaceBaseUrl({ workspace: 'ws1', region: 'ap-southeast-1' })).toBe(
      'https://ws1.ap-southeast-1.maas.aliyuncs.com/compatible-mode/v1',
    );
    expect(workspaceBaseUrl({ workspace: 'ws1', region: 'cn-hongkong' })).toBeNull();
  });

  test('the region of a base URL is read from shared and workspace hosts only', () => {
    expect(regionOfBaseUrl('https://dashscope.aliyuncs.com/compatible-mode/v1')).toBe('cn-beijing');
    expect(regionOfBaseUrl('https://ws1.us-east-1.maas.aliyuncs.com/compatible-mode/v1')).toBe('us-east-1');
    expect(regionOfBaseUrl('https://dashscope.aliyuncs.com.example.org/v1')).toBeNull();
    expect(regionOfBaseUrl('not a url')).toBeNull();
  });
});

describe('metrics', () => {
  test('names are unique and default aggregates exist', () => {
    expect(new Set(METRICS.map((metric) => metric.name)).size).toBe(METRICS.length);
    for (const metric of METRICS) {
      if (metric.defaultAggregate !== null) expect(Object.keys(metric.aggregates)).toContain(metric.defaultAggregate);
    }
  });

  test('every limit kind can be counted and only quotas have no aggregate', () => {
    expect(metricFor('limited.free_quota')?.aggregates).toEqual({ count: 'count', share: 'share', rate: 'perSecond' });
    expect(
      METRICS.filter((metric) => Object.keys(metric.aggregates).length === 0).map((metric) => metric.name),
    ).toEqual(['quota.rps', 'quota.rpm', 'quota.tps', 'quota.tpm', 'quota.burst', 'quota.concurrency']);
    expect(metricFor('limited.reqests')).toBeNull();
  });
});

test('the assumed latency has a median of 600 ms and a p99 of about 2.5 s', () => {
  const ttft = ASSUMED_LATENCY.ttftMs;
  if (ttft.kind !== 'lognormal') throw new Error('expected a distribution');
  expect(Math.exp(ttft.mu)).toBeCloseTo(600, 6);
  expect(Math.exp(ttft.mu + 2.326 * ttft.sigma)).toBeGreaterThan(2400);
  expect(Math.exp(ttft.mu + 2.326 * ttft.sigma)).toBeLessThan(2600);
  expect(ASSUMED_BURST_GUARD).toEqual({ baselinePerSecond: 5, factor: 3, overMs: 10_000 });
});

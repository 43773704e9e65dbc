import type { QuotaPath } from '../model/size.ts';

/** How a higher quota is asked for. Data only. */
export const QUOTA_PATHS: readonly QuotaPath[] = [
  {
    name: 'Temporary raise in the console ("raise temporary limit")',
    limits: ['tpm', 'tps'],
    regions: ['cn-beijing', 'ap-southeast-1'],
    facts: [
      'raises TPM only, never RPM',
      'Beijing and Singapore only',
      'takes effect at once, is valid for 30 days and is then reset',
      'not offered for models with dynamic limits',
    ],
    source: 'help.aliyun.com/zh/model-studio/rate-limit',
    seenOn: '2026-11-21',
  },
  {
    name: 'Application on the quota page of the console',
    limits: ['rps', 'rpm', 'tps', 'tpm'],
    regions: null,
    facts: [
      'review takes 1 to 3 working days',
      'needs a verified identity, no arrears and a description of the use case: this sheet',
    ],
    source: 'APIYI help site, "Qwen3-Max 429: You exceeded your current quota" (Korean and Japanese editions)',
    seenOn: '2026-11-21',
  },
];

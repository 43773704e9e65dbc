/** A commented scenario that runs as it is: what `init` writes. */
export function scenarioTemplate(): string {
  return TEMPLATE;
}

const TEMPLATE = `# yaml-language-server: $schema=./scenario.schema.json
#
# A scenario: what to send, to whom, and what must hold. Check it with  quotascope validate scenario.yaml
# and see what it would do, without a key and without cost, with        quotascope forecast scenario.yaml
name: my launch
description: Will our launch traffic survive this quota?
seed: 1                              # every random choice follows from it

# simulator | dashscope-cn | dashscope-intl | dashscope-us | dashscope-hk | apiyi | openai, or an endpoint of your own:
# target: { baseUrl: "https://host/v1", dialect: openai, apiKeyEnv: MY_KEY, price: { input: $1.20, output: $6.00 } }
# or \${NAME:-simulator}, which takes any of these from the environment variable NAME.
target: simulator
model: qwen3-max
account: { exclusive: unknown }      # yes: nothing else uses this account while the test runs

workload:                            # exactly one of promptTokens, text, messages, file
  promptTokens: 200                  # or { lognormal: [6.6, 1.0], max: 4000 }
  maxTokens: 32
  stream: true
  # turns: { count: 6, think: 2s }   # conversations: the next turn follows the answer

traffic:                             # in order; rates as 10/s, 600/min, 36k/h; times as 500ms, 30s, 10min, 1h
  - ramp: { from: 1/s, to: 5/s, over: 20s }
  - hold: { rate: 5/s, for: 60s, arrivals: poisson }   # uniform | poisson | { gamma: { cv: 2.2 } }
    label: launch
  # - burst: 8
  # - pause: 15s
  # - steps: { from: 2/s, to: 12/s, by: 2/s, each: 30s, rest: 60s }
  # - replay: { file: trace.csv, columns: { at: timestamp, promptTokens: in, maxTokens: out } }
  # - closed: { concurrency: 20, for: 60s }

# The published quota of target, region and model is the default; state your own where you have another:
# quota: { rpm: 600, tpm: 1M }

tactic: none                         # or { backoff: { base: 1s, factor: 2, jitter: full, attempts: 5 } }

thresholds:                          # metric.aggregate{tags} over WINDOW OP VALUE
  - limited.share < 1%
  - ttft.p95 < 3s
  - goodput.rate{phase="launch"} over 30s >= 240/min

safety:                              # nothing is sent once a cap would be passed
  maxRequests: 1000
  maxTokens: 200k
  maxCost: $1
  maxDuration: 5min
  # maxJournalBytes: 1GB             # of the recorded attempts on the disk: some 500 bytes each
  stopOn: [auth, billing, free_quota]

# simulator:                         # only read when the target is the simulator
#   limits: { rpm: 480, burst: { baseline: 2/s, factor: 3, over: 10s } }
`;

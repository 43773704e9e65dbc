/**
 * Streams as they were captured or documented: compatible mode (help.aliyun.com/zh/model-studio/stream), native mode and
 * the error frame inside a 200 (QwenLM/qwen-code packages/core/src/utils/rateLimit.test.ts); seen 2026-11-21.
 */
const tail =
  '"object":"chat.completion.chunk","usage":null,"created":1726132850,"system_fingerprint":null,"model":"qwen-plus","id":"chatcmpl-428b414f"';

export const COMPATIBLE_STREAM = [
  `data: {"choices":[{"delta":{"content":"","role":"assistant"},"index":0,"logprobs":null,"finish_reason":null}],${tail}}`,
  `data: {"choices":[{"finish_reason":null,"delta":{"content":"我是"},"index":0,"logprobs":null}],${tail}}`,
  `data: {"choices":[{"delta":{"content":"通义千问 \\"Qwen\\" 🙂"},"finish_reason":null,"index":0,"logprobs":null}],${tail}}`,
  `data: {"choices":[{"finish_reason":"stop","delta":{"content":""},"index":0,"logprobs":null}],${tail}}`,
  'data: {"choices":[],"object":"chat.completion.chunk","usage":{"prompt_tokens":22,"completion_tokens":17,"total_tokens":39},"created":1726132850,"system_fingerprint":null,"model":"qwen-plus","id":"chatcmpl-428b414f"}',
  'data: [DONE]',
  '',
].join('\n\n');

export const THINKING_STREAM = [
  `data: {"choices":[{"delta":{"content":null,"reasoning_content":"","role":"assistant"},"index":0,"finish_reason":null}],${tail}}`,
  `data: {"choices":[{"delta":{"content":null,"reasoning_content":"Let me"},"index":0,"finish_reason":null}],${tail}}`,
  `data: {"choices":[{"delta":{"content":"Hi","reasoning_content":null},"index":0,"finish_reason":null}],${tail}}`,
  `data: {"choices":[{"delta":{"content":""},"index":0,"finish_reason":"length"}],${tail}}`,
  'data: {"choices":[],"usage":{"prompt_tokens":5,"completion_tokens":9,"total_tokens":14,"completion_tokens_details":{"reasoning_tokens":7,"text_tokens":2},"prompt_tokens_details":{"cached_tokens":3}},"model":"qwen-plus"}',
  'data: [DONE]',
  '',
].join('\n\n');

export const NATIVE_STREAM = [
  'id:1\nevent:result\n:HTTP_STATUS/200\ndata:{"output":{"choices":[{"message":{"content":"","reasoning_content":"The","role":"assistant"},"finish_reason":"null"}]},"usage":{"total_tokens":290,"output_tokens":3,"input_tokens":287},"request_id":"a1959ad1"}',
  'id:2\nevent:result\n:HTTP_STATUS/200\ndata:{"output":{"choices":[{"message":{"content":"你好","role":"assistant"},"finish_reason":"null"}]},"usage":{"total_tokens":292,"output_tokens":5,"input_tokens":287},"request_id":"a1959ad1"}',
  'id:3\nevent:result\n:HTTP_STATUS/200\ndata:{"output":{"choices":[{"message":{"content":"","role":"assistant"},"finish_reason":"stop"}]},"usage":{"total_tokens":293,"output_tokens":6,"input_tokens":287,"prompt_tokens_details":{"cached_tokens":0}},"request_id":"a1959ad1"}',
  '',
].join('\n\n');

export const ERROR_IN_STREAM =
  'id:1\nevent:error\n:HTTP_STATUS/429\ndata:{"request_id":"70acdc21","code":"Throttling.AllocationQuota","message":"Allocated quota exceeded, please increase your quota limit."}\n\n';

export const COMPATIBLE_DOCUMENT =
  '{"model":"qwen-plus","usage":{"prompt_tokens":10,"completion_tokens":20,"total_tokens":30,"prompt_tokens_details":{"cached_tokens":0}},"choices":[{"message":{"content":"我是通义千问","role":"assistant"},"finish_reason":"stop","index":0,"logprobs":null}],"object":"chat.completion","created":1766635351,"system_fingerprint":null,"id":"chatcmpl-7"}';

export const NATIVE_DOCUMENT =
  '{"output":{"finish_reason":"stop","text":"hello"},"usage":{"total_tokens":18,"output_tokens":7,"input_tokens":11},"request_id":"r"}';

import type { Dialect, DialectName } from '../model/target.ts';
import { chatCompletions } from './chat-completions.ts';
import { dashscopeNative } from './dashscope-native.ts';

export function dialectFor(name: DialectName): Dialect {
  switch (name) {
    case 'dashscope':
    case 'openai':
      return chatCompletions(name);
    case 'dashscope-native':
      return dashscopeNative();
    default:
      return name satisfies never;
  }
}

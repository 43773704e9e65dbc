import type { SizeSheet } from '../model/size.ts';
import { sizeSections } from './document/size.ts';
import { markdown, sectionMarkdown } from './markdown.ts';

/** `size.md`: the sheet to attach to a quota request. Equal sheets give equal bytes. */
export function sizeMarkdown(sheet: SizeSheet): string {
  const parts = [
    `# ${markdown(`Quota request: ${sheet.scenario.name}`)}`,
    ...sizeSections(sheet).flatMap(sectionMarkdown),
    `---\n\nWritten ${markdown(sheet.createdAt)} by ${markdown(sheet.tool)}; scenario ${markdown(sheet.scenario.file ?? sheet.scenario.name)}, SHA-256 ${sheet.scenario.hash.slice(0, 16)}.`,
  ];
  return `${parts.join('\n\n')}\n`;
}

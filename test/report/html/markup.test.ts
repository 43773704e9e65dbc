import { expect, test } from 'vitest';
import { escapeHtml, html, jsonForScript, preformatted, rawElement } from '../../../src/report/html/markup.ts';
import { HOSTILE } from '../sample-variants.ts';

test('escapes every interpolated text, nested ones once', () => {
  const inner = html`<b>${'<i>&'}</b>`;
  expect(html`<p title="${'"\''}">${inner}${['<', html`<br>`]}${null}${7}</p>`.markup).toBe(
    '<p title="&quot;&#39;"><b>&lt;i&gt;&amp;</b>&lt;<br>7</p>',
  );
});

test('keeps line breaks in preformatted text and nothing else that steers', () => {
  expect(preformatted('a\r\nb\u001b<').markup).toBe('a\nb\ufffd&lt;');
});

test('JSON in a script block cannot end it, and reads back the same', () => {
  const text = jsonForScript({ label: HOSTILE });
  expect(text).not.toMatch(/[<>\u2028\u2029]/);
  expect(JSON.parse(text)).toEqual({ label: HOSTILE });
});

test('a script that contains its own end tag stays one element', () => {
  const { markup } = rawElement('script', 'const a = "</script>", b = "</SCRIPT >"');
  expect(markup.match(/<\/script/gi)).toHaveLength(1);
});

test('leaves no character of a hostile text that opens markup', () => {
  expect(escapeHtml(HOSTILE)).not.toMatch(/[<>"']/);
});

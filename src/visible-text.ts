/**
 * Control characters, which could move a terminal's cursor or worse; and what can neither be seen nor does it leave the order of the text
 * as it is: bidirectional and zero-width characters, line and paragraph separators, variation selectors, tags.
 */
const HIDDEN = /[\p{Cc}\p{Default_Ignorable_Code_Point}\p{Zl}\p{Zp}\ufff9-\ufffb]/gu

/** Text as a terminal may show it: control characters as pictures, other hidden ones as \ufffd. Its length stays, so that offsets into it do. */
export const visible = (text: string): string => text.replaceAll(HIDDEN, picture)

const own = new RegExp(`\\u001B\\[[\\d;]*m|[\\n\\t]|${HIDDEN.source}`, 'gu')

/** The same for lines that payflow has coloured: colours, tabs and ends of lines stay. */
export const visibleLines = (text: string): string =>
  text.replaceAll(own, (found) => (/^(?:\u001B\[[\d;]*m|[\n\t])$/.test(found) ? found : picture(found)))

/** JSON that says the same, and hides nothing from someone who looks at it in a terminal. */
export const visibleJson = (json: string): string =>
  json.replaceAll(HIDDEN, (hidden) =>
    hidden.split('').map((unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`).join(''),
  ) // prettier-ignore

function picture(character: string): string {
  const code = character.charCodeAt(0)
  if (code < 32) return String.fromCharCode(0x2400 + code)
  return code === 127 ? '\u2421' : '\ufffd'.repeat(character.length)
}

const CONTROLS = /[\u0000-\u001f\u007f-\u009f]/g

/** Text as a terminal may show it: control characters, which could move its cursor or worse, as pictures of the same width. */
export const visible = (text: string): string => text.replaceAll(CONTROLS, picture)

function picture(character: string): string {
  const code = character.charCodeAt(0)
  if (code < 32) return String.fromCharCode(0x2400 + code)
  return code === 127 ? '\u2421' : '\ufffd'
}

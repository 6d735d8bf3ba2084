/** A text in lines of at most `width`, from the second on behind `indent`. Words that are longer stay whole. */
export function wrapped(text: string, width: number, indent: string): string[] {
  const lines: string[] = []
  let line = ''
  for (const word of text.split(' ')) {
    const longer = line === '' ? word : `${line} ${word}`
    const room = width - (lines.length === 0 ? 0 : indent.length)
    if (longer.length <= room || line === '') line = longer
    else {
      lines.push(lines.length === 0 ? line : indent + line)
      line = word
    }
  }
  return [...lines, lines.length === 0 ? line : indent + line]
}

const shownLines = 4
const telling =
  /\b(ERROR|FATAL)\b|^(Error|Caused by|Exception)\b|^[\w.$]+(Exception|Error)\b|^(OpenJDK|Java HotSpot).*(error|fail)/

/** What a Java program's log says went wrong, in its own words and without stack frames: its last few such lines. */
export function lastComplaints(text: string): string[] {
  const lines = text.split('\n').map((line) => line.trim())
  const complaints = lines.filter((line) => telling.test(line))
  const chosen = complaints.length > 0 ? complaints : lines.filter((line) => line !== '')
  return [...new Set(chosen)].slice(-shownLines).map((line) => line.replace(/^\[[^\]]*\] /, ''))
}

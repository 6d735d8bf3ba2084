/** Whether this process may make functions of text: `--disallow-code-generation-from-strings` and some embedders forbid it. */
export const mayGenerateCode = ((): boolean => {
  try {
    // eslint-disable-next-line @typescript-eslint/no-implied-eval -- the question is whether it is allowed
    new Function('')
    return true
  } catch {
    return false
  }
})()

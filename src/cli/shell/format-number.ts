/** A count or a rate as people read it: whole, with thousands apart. */
export const formatNumber = (value: number): string => Math.round(value).toLocaleString('en')

/** `1,234 records`. */
export const formatCount = (count: number, what: string): string =>
  `${formatNumber(count)} ${what}${count === 1 ? '' : 's'}`

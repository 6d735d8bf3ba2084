/** A count or a rate as people read it: whole, with thousands apart. */
export const formatNumber = (value: number): string => Math.round(value).toLocaleString('en')

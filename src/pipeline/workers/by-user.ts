/** All that is of a user lies in the partition of that user: the text of the id, as the key of its records. */
export const byUser = ({ user_id }: { readonly user_id: number }): string => String(user_id)

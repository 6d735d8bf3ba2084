/** What is found at an address. `kafka`: it answers as Kafka does; the others say why it cannot be used, `detail` in the words of a sentence. */
export interface Finding {
  readonly address: string
  readonly kind:
    | ('kafka' | 'unresolved' | 'unreachable' | 'silent' | 'closes' | 'http' | 'tls' | 'other')
    | ('plaintext' | 'untrusted' | 'expired' | 'name' | 'client-certificate' | 'tls-failed')
  readonly detail: string
}

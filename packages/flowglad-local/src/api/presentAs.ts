type KeyOf<Union> = Union extends unknown ? keyof Union : never
type ValueOf<Union, Key extends PropertyKey> = Union extends unknown
  ? Key extends keyof Union
    ? Union[Key]
    : never
  : never

/**
 * Shows a stored record, whose one shape several of the SDK's types share, as one of them; its `type` says which.
 * A field that the SDK's types have and the record lacks, or has as something else, does not compile.
 */
export const presentAs =
  <Wire extends object>() =>
  <Stored extends { [Key in KeyOf<Wire>]: ValueOf<Wire, Key> }>(record: Stored): Wire =>
    record as object as Wire

type KeyOf<Union> = Union extends unknown ? keyof Union : never
type ValueOf<Union, Key extends PropertyKey> = Union extends unknown
  ? Key extends keyof Union
    ? Union[Key]
    : never
  : never

/**
 * Returns a stored record as an SDK type with the same shape. A missing or mismatched field is a compile
 * error.
 */
export const presentAs =
  <Wire extends object>() =>
  <Stored extends { [Key in KeyOf<Wire>]: ValueOf<Wire, Key> }>(record: Stored): Wire =>
    record as object as Wire

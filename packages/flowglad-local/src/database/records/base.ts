/*
 * A record has exactly the fields that Flowglad shows. The functions in `api/` that present records are checked against
 * the SDK's types. Fields that never leave the server are grouped under `internal`.
 * Times are epoch milliseconds, money is in cents, and usage is in whole units.
 */

export interface Base {
  id: string
  createdAt: number
  updatedAt: number
  livemode: boolean
}

export type Metadata = Record<string, string | number | boolean>

/*
 * A record has exactly the fields that Flowglad's API returns, plus private fields under `internal`.
 * `presentAs` checks the fields against the SDK's types.
 * Times are epoch milliseconds, money is in cents, and usage is in whole units.
 */

export interface Base {
  id: string
  createdAt: number
  updatedAt: number
  livemode: boolean
}

export type Metadata = Record<string, string | number | boolean>

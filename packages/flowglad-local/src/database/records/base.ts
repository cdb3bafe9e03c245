/*
 * A record that Flowglad's API returns has the API's fields, plus private fields under `internal`.
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

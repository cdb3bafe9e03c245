import type { Meters } from './meters.ts'

/** Returns the feature that makes each meter unlimited, by meter slug. */
export const unlimitedFeatures = (meters: Meters): Record<string, string> =>
  Object.fromEntries(
    Object.entries(meters).flatMap(([meter, { unlimitedBy }]) =>
      unlimitedBy === undefined ? [] : [[meter, unlimitedBy]],
    ),
  )

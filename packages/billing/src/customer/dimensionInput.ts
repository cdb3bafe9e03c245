import { z } from 'zod'
import type { Meters } from '../contract/meters.ts'

/** Returns the meters that have the dimension. */
export const metersBy = (meters: Meters, dimension: string): string[] =>
  Object.entries(meters)
    .filter(([, { dimensions }]) => dimensions && Object.hasOwn(dimensions, dimension))
    .map(([meter]) => meter)

/** The schema of a dimension. Rejects dimensions that no meter has. */
export const dimensionInput = <Dimension extends string>(meters: Meters) =>
  z.custom<Dimension>((it) => typeof it === 'string' && metersBy(meters, it).length > 0, 'Unknown dimension')

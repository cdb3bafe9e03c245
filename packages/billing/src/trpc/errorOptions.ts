import type { TRPCError } from '@trpc/server'
import type { Denial } from '../contract/denials.ts'
import type {
  AnyRootTypes,
  DataTransformerOptions,
  DefaultErrorShape,
  ErrorFormatter,
  RootConfig,
  TRPCErrorShape,
} from './coreTypes.ts'
import type { Transformer } from './transformer.ts'
import { denialData } from './trpcErrors.ts'

/** The options that an app passes to `initTRPC.create`. */
export interface OwnOptions extends Partial<Omit<RootConfig<AnyRootTypes>, '$types' | 'transformer'>> {
  transformer?: DataTransformerOptions
}

/**
 * The error shape that the app's own formatter returns. Without a formatter, this is tRPC's default shape.
 */
type OwnShape<Own> = Own extends { errorFormatter: (...args: never[]) => infer Shape extends TRPCErrorShape }
  ? Shape
  : DefaultErrorShape

/** An app's options with an `errorFormatter` that adds `data.billing`. */
export type OptionsWithDenials<Own, Meter extends string> = Omit<Own, 'errorFormatter'> & {
  errorFormatter: ErrorFormatter<
    AnyRootTypes['ctx'],
    OwnShape<Own> & { data: { billing: Denial<Meter> | null } }
  >
}

/** Creates `options` and `formatError`, which add denials to errors. */
export function createErrorOptions<Meter extends string>(transformer: Transformer) {
  return {
    formatError: ({ error }: { error: TRPCError }) =>
      // The cast is safe, because a denial names only meters that the app defined.
      denialData(error) as { billing: Denial<Meter> | null },

    options<Own extends OwnOptions>(own?: Own): OptionsWithDenials<Own, Meter> {
      const { errorFormatter: format = defaultShape, ...options }: OwnOptions = own ?? {}
      if (options.transformer) transformer.use(options.transformer)
      const errorFormatter: OwnOptions['errorFormatter'] = (given) => {
        const shape = format(given)
        return { ...shape, data: { ...shape.data, ...denialData(given.error) } }
      }
      // The cast is necessary, because TypeScript can't match a rest object to `Omit` on a type parameter.
      return { ...options, errorFormatter } as unknown as OptionsWithDenials<Own, Meter>
    },
  }
}

const defaultShape = ({ shape }: { shape: DefaultErrorShape }) => shape

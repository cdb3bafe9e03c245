/**
 * tRPC's main entry point has exported these types only since 11.4. Every version also exports them from this
 * entry point, which tRPC's own packages use.
 */
export type {
  AnyRootTypes,
  BuiltRouter,
  DataTransformerOptions,
  DefaultErrorShape,
  ErrorFormatter,
  MiddlewareFunction,
  MutationProcedure,
  Overwrite,
  ProcedureBuilder,
  QueryProcedure,
  RootConfig,
  SubscriptionProcedure,
  TRPCErrorShape,
  UnsetMarker,
} from '@trpc/server/unstable-core-do-not-import'

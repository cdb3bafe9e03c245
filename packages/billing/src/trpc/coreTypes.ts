/**
 * tRPC's main entry exports these types only since 11.4. Each version also exports them from this entry, and
 * tRPC's own packages import them from here.
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

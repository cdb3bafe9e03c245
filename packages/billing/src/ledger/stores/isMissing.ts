/**
 * Returns whether the error says that the package isn't installed. An installed package that fails to load
 * causes a different error.
 */
export const isMissing = (error: unknown, packageName: string) =>
  error instanceof Error &&
  'code' in error &&
  (error.code === 'MODULE_NOT_FOUND' || error.code === 'ERR_MODULE_NOT_FOUND') &&
  error.message.includes(`'${packageName}'`)

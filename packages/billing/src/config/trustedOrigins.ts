/** Returns one problem for each invalid value in the setting `trustedOrigins`. */
export function originProblems(setting: unknown): string[] {
  if (setting === undefined) return []
  if (!Array.isArray(setting)) {
    return ["`trustedOrigins` is not an array. Pass your pages' origins, such as ['https://app.example']."]
  }
  return setting.flatMap((value: unknown) => {
    const origin = originIn(value)
    if (origin !== null && origin === value) return []
    const advice =
      origin === null
        ? 'Pass a scheme and a host without wildcards, such as https://app.example.'
        : `Pass ${origin}.`
    return [`\`trustedOrigins\` contains ${JSON.stringify(value)}, which is not an origin. ${advice}`]
  })
}

/**
 * Returns the origin of a URL as a browser sends it, or null if the value isn't a URL with a host. Unlike
 * `URL.origin`, also returns the origins of apps, such as `capacitor://localhost`.
 */
function originIn(value: unknown): string | null {
  if (typeof value !== 'string' || value.includes('*') || !URL.canParse(value)) return null
  const { protocol, host } = new URL(value)
  return host === '' ? null : `${protocol}//${host}`
}

/** Returns the origins whose pages may make metered calls: the app's own public origin and `trustedOrigins`. */
export const allTrustedOrigins = ({
  publicUrl,
  trustedOrigins = [],
}: {
  publicUrl?: string | undefined
  trustedOrigins?: readonly string[] | undefined
}): ReadonlySet<string> =>
  new Set([
    ...trustedOrigins,
    // During a build, settings from the environment can be missing or invalid.
    ...(publicUrl !== undefined && URL.canParse(publicUrl) ? [new URL(publicUrl).origin] : []),
  ])

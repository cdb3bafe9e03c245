const passedOn =
  /^(PATH|HOME|TMPDIR|.*_proxy|NODE_EXTRA_CA_CERTS|SSL_CERT_\w+|npm_config_(registry|userconfig|globalconfig|cafile|cache|prefer_offline))$/i

/** Returns the environment for npm and the apps. Keeps only the variables that npm and registry access require. */
export const environment = (values: Record<string, string> = {}): Record<string, string> => ({
  ...Object.fromEntries(
    Object.entries(process.env).flatMap(([name, value]) =>
      value !== undefined && passedOn.test(name) ? [[name, value]] : [],
    ),
  ),
  ...values,
})

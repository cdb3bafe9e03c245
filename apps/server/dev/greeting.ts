import { type Settings, shown } from './readSettings.ts'

/** Returns the message that `dev` prints once all processes are ready. */
export function greeting(settings: Settings): string {
  const { webUrl, flowgladUrl, withFlowgladLocal, pricingFile } = settings
  const payment = withFlowgladLocal
    ? [
        '  Test card    4242 4242 4242 4242 is accepted, 4000 0000 0000 0002 is declined',
        `  Flowglad     ${flowgladUrl}   shows customers, balances, webhooks and the clock`,
        `  Plans        ${shown(pricingFile)}   edit it while this runs; the app shows changes within a minute`,
      ]
    : [`  Flowglad     ${flowgladUrl}`]
  return [
    '',
    '  Metered is running.',
    '',
    `  Sign up      ${webUrl}/sign-up   with any email address`,
    ...(settings.withMailbox ? [`  Mailbox      ${webUrl}/dev/mailbox   receives all emails`] : []),
    '',
    ...payment,
    '',
    '  Stop         Ctrl-C',
    `  Reset        ${settings.commandWith({ args: ['--reset'] })}   after stopping; deletes all local accounts and charges`,
    '',
  ].join('\n')
}

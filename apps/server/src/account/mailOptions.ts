import { linkMaxAgeSeconds, passwordResetMail, verificationMail } from '../mail/accountMails.ts'
import type { Mailer } from '../mail/mailer.ts'

interface Recipient {
  email: string
}

interface MailOptions<User> {
  /** Null if the server can't send emails, and therefore can't reset passwords. */
  mailer: Mailer | null
  publicUrl: string
  /** Whether new users have to verify their email address. */
  signUpVerification: boolean
  onVerified: (user: User) => void
  /** Called after the new password is stored. */
  onPasswordReset: (reset: { user: { id: string } }) => Promise<void>
}

/** Returns better-auth's options for the emails that verify an email address or reset a password. */
export function mailOptions<User>({
  mailer,
  publicUrl,
  signUpVerification,
  onVerified,
  onPasswordReset,
}: MailOptions<User>) {
  // The links never contain a redirect URL from the client. The password token is in the URL's fragment,
  // which browsers don't send, so no server logs it.
  const verifyUrl = (token: string) =>
    `${publicUrl}/api/auth/verify-email?${new URLSearchParams({ token, callbackURL: '/verified' })}`
  const resetUrl = (token: string) => `${publicUrl}/reset-password#token=${token}`
  return {
    emailAndPassword: {
      enabled: true,
      resetPasswordTokenExpiresIn: linkMaxAgeSeconds,
      revokeSessionsOnPasswordReset: true,
      onPasswordReset,
      ...(mailer && {
        sendResetPassword: async ({ user, token }: { user: Recipient; token: string }) =>
          mailer.send(passwordResetMail({ to: user.email, link: resetUrl(token) })),
      }),
    },
    emailVerification: {
      expiresIn: linkMaxAgeSeconds,
      sendOnSignUp: signUpVerification,
      ...(signUpVerification &&
        mailer && {
          sendVerificationEmail: async ({ user, token }: { user: Recipient; token: string }) =>
            mailer.send(verificationMail({ to: user.email, link: verifyUrl(token) })),
        }),
      afterEmailVerification: async (user: User) => onVerified(user),
    },
  }
}

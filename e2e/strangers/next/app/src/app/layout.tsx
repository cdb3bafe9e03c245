import type { ReactNode } from 'react'
import { Providers } from '~/trpc/client'

export const metadata = { title: 'Sketch', icons: 'data:,' }

export default function Layout({ children }: { children: ReactNode }) {
  return (
    <html lang="en">
      <body>
        <Providers>{children}</Providers>
      </body>
    </html>
  )
}

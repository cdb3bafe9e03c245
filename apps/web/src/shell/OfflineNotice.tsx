import { useNetwork } from '@mantine/hooks'
import { Notice } from '../parts/Notice.tsx'

/** The browser has no network: said before anything is tried. */
export function OfflineNotice() {
  const { online } = useNetwork()
  if (online) return null
  return (
    <Notice tone="warning" title="You are offline">
      Nothing is sent and nothing is charged until you are connected again. What you typed stays here.
    </Notice>
  )
}

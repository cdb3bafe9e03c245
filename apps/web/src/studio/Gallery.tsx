import { Button, Skeleton } from '@mantine/core'
import { useRef, useState } from 'react'
import { FailedSection } from '../denials/FailedSection.tsx'
import { useLastError } from '../denials/useLastError.ts'
import { BusyButton } from '../parts/BusyButton.tsx'
import classes from './Gallery.module.css'
import { PictureViewer } from './PictureViewer.tsx'
import { useBroughtIntoView } from './useBroughtIntoView.ts'
import { type Picture, useGallery } from './useGallery.ts'

const ideas = [
  'A lighthouse above a sea of fog',
  'Terraced fields seen from a kite',
  'A quiet library under a glass river',
]

interface GalleryProps {
  /** The pictures in progress. */
  pending: { count: number; prompt: string } | null
  /** Whether the pictures in progress are about to be denied. */
  isDenied: boolean
  onTry: (prompt: string) => void
}

/** Shows placeholders for pictures in progress, then the user's own pictures, newest first. */
export function Gallery({ pending, isDenied, onTry }: GalleryProps) {
  const gallery = useGallery()
  const { data, isPending, refetch, hasNextPage, fetchNextPage, isFetchingNextPage } = gallery
  const error = useLastError(gallery)
  const pictures = data?.pages.flatMap((page) => page.pictures) ?? []
  const heading = useRef<HTMLHeadingElement>(null)
  useBroughtIntoView(heading, { isRunning: pending !== null, isDenied })

  return (
    <section aria-labelledby="gallery" aria-busy={pending !== null}>
      <h2 id="gallery" ref={heading} className={classes.heading}>
        Your gallery
      </h2>
      {error && <FailedSection what="Your pictures" error={error} onRetry={() => void refetch()} />}
      {data && pictures.length === 0 && pending === null && <Empty onTry={onTry} />}
      <Pictures pictures={pictures}>
        {pending &&
          Array.from({ length: pending.count }, (_, index) => (
            <li key={index} aria-label="Picture in progress">
              <div className={classes.making} />
              <Caption prompt={pending.prompt} />
            </li>
          ))}
      </Pictures>
      {isPending && !error && (
        <div className={classes.grid}>
          {['one', 'two', 'three', 'four'].map((key) => (
            <Skeleton key={key} className={classes.loading} radius="md" />
          ))}
        </div>
      )}
      {hasNextPage && (
        <div className={classes.more}>
          <BusyButton variant="default" busy={isFetchingNextPage} onClick={() => void fetchNextPage()}>
            {isFetchingNextPage ? 'Loading…' : 'Show older pictures'}
          </BusyButton>
        </div>
      )}
    </section>
  )
}

/** Lists the pictures. A click opens a picture in the viewer. */
function Pictures({ pictures, children }: { pictures: Picture[]; children: React.ReactNode }) {
  const [opened, setOpened] = useState<string | null>(null)
  // If another tab deletes the open picture, the viewer closes.
  const index = pictures.findIndex(({ id }) => id === opened)
  const picture = pictures[index]
  const openerOf = (place: number) => {
    const id = pictures[place]?.id
    return id === undefined ? undefined : () => setOpened(id)
  }
  return (
    <>
      <ul className={classes.grid}>
        {children}
        {pictures.map(({ id, url, prompt }) => (
          <li key={id}>
            <button type="button" className={classes.picture} onClick={() => setOpened(id)}>
              <img src={url} alt={prompt} loading="lazy" width={512} height={512} />
            </button>
            <Caption prompt={prompt} />
          </li>
        ))}
      </ul>
      {picture && (
        <PictureViewer
          picture={picture}
          onNewer={openerOf(index - 1)}
          onOlder={openerOf(index + 1)}
          onClose={() => setOpened(null)}
        />
      )}
    </>
  )
}

const Caption = ({ prompt }: { prompt: string }) => (
  <p className={classes.caption} dir="auto">
    {prompt}
  </p>
)

function Empty({ onTry }: { onTry: (prompt: string) => void }) {
  return (
    <div className={classes.empty}>
      <div className={classes.frames} aria-hidden="true">
        <span />
        <span />
        <span />
      </div>
      <div>
        <p className={classes.emptyTitle}>Your pictures will appear here</p>
        <p>Describe something you would like to see, or start with one of these:</p>
        <div className={classes.ideas}>
          {ideas.map((idea) => (
            <Button key={idea} variant="default" size="xs" radius="xl" onClick={() => onTry(idea)}>
              {idea}
            </Button>
          ))}
        </div>
      </div>
    </div>
  )
}

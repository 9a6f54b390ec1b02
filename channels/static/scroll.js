// The end of the conversation stays in view while it grows, unless the member has scrolled up to read.

const NEAR_PX = 48;

/**
 * Follow the end of `messages`. Returns `{toEnd}`, for when the member says something and wants to see it.
 *
 * deep-chat scrolls by itself, but only sometimes for HTML messages and never when the window changes size.
 */
export function followEnd(messages) {
  let following = true;
  let height = messages.scrollHeight;

  function settle() {
    if (following) messages.scrollTop = messages.scrollHeight;
    height = messages.scrollHeight;
  }

  messages.addEventListener("scroll", () => {
    // A scroll that comes with new content is not the member's; the observer below puts it right.
    if (messages.scrollHeight !== height) return;
    following = messages.scrollHeight - messages.scrollTop - messages.clientHeight < NEAR_PX;
  });
  const watch = new ResizeObserver(settle);
  watch.observe(messages);
  for (const content of messages.children) watch.observe(content);

  return {
    toEnd() {
      following = true;
      settle();
    },
  };
}

/** The settings of messages in an environment without any variable. */
export const messageDefaults = {
  SEND_RATE_PER_MINUTE: 20,
  SEND_RATE_BURST: 5,
  SEND_RATE_NEW_PER_MINUTE: 1,
  SEND_RATE_NEW_PER_DAY: 50,
  MESSAGES_KEEP_HOURS: 0,
  MESSAGES_MAX_MB_PER_ORG: 16,
  MESSAGES_MAX_MB: 2_048,
  MEDIA_MAX_MB: 100,
} as const;

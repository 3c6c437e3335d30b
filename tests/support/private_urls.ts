/**
 * URLs that strangers may write to make an app connect to its own network.
 *
 * @module
 */

/** URLs that no stranger may make an app connect to. */
export const PRIVATE: string[] = [
  "wss://127.0.0.1/",
  "wss://127.0.0.1.:7777/",
  "wss://localhost",
  "wss://relay.localhost/",
  "wss://10.0.0.1/",
  "wss://172.16.9.9/",
  "wss://192.168.1.1:8443/admin",
  "wss://169.254.169.254/latest/meta-data",
  "wss://100.64.0.1/",
  "wss://[::1]/",
  "wss://[fd00::1]/",
  "wss://[fe80::1]/",
  "wss://[::ffff:127.0.0.1]/",
  "wss://[::ffff:7f00:1]/",
  "wss://[64:ff9b::7f00:1]/",
  "wss://0x7f.1/",
  "wss://2130706433/",
  "wss://0177.0.0.1/",
  "wss://0/",
  "wss://router.local/",
  "wss://metadata.google.internal/",
  "wss://db.lan/",
  "wss://intranet/",
  "wss://１２７.0.0.1/",
  "wss://public.example@10.0.0.1/",
  "ws://10.0.0.1/",
  "ws://cleartext.example/",
  "http://127.0.0.1/",
  "https://169.254.169.254/",
  "file:///etc/passwd",
  "//127.0.0.1/",
  "127.0.0.1",
];

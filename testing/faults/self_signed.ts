/**
 * A self-signed certificate for 127.0.0.1, which no client trusts, and its key.
 *
 * @module
 */

/** The certificate, in PEM. */
export const CERTIFICATE = `-----BEGIN CERTIFICATE-----
MIIBmzCCAUGgAwIBAgIUBWwaJ8ogbJ5kXCsi2lDJhp2iHIAwCgYIKoZIzj0EAwIw
FDESMBAGA1UEAwwJbG9jYWxob3N0MCAXDTI2MTEyMDE0MDE0OVoYDzIxMjYxMDI3
MTQwMTQ5WjAUMRIwEAYDVQQDDAlsb2NhbGhvc3QwWTATBgcqhkjOPQIBBggqhkjO
PQMBBwNCAAS/QCcUiRCUrbwGKo/2+L/Xt7duTX0hnkGvWl6nBCoEulqzNqFC4gWm
t8E5z0pomzuuRbe6SbyRLoiOgkrCYXHSo28wbTAdBgNVHQ4EFgQUDNbHA5m4uCCr
wF9Bbua6jf5a9rowHwYDVR0jBBgwFoAUDNbHA5m4uCCrwF9Bbua6jf5a9rowDwYD
VR0TAQH/BAUwAwEB/zAaBgNVHREEEzARhwR/AAABgglsb2NhbGhvc3QwCgYIKoZI
zj0EAwIDSAAwRQIhAJzSR2FvLksVFTUP2Z+qhdAtYfAiC8Csip14XIDwEpkQAiBu
jXFfl3BjRIlk5qRoV84X9gz6TwQLn13E/s2trkkv8w==
-----END CERTIFICATE-----
`;

/** Its private key, in PEM. It protects nothing. */
export const PRIVATE_KEY = `-----BEGIN PRIVATE KEY-----
MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQgo4kQI/MtQYulGlf8
J9xXTsRbZRKf13ZbCxVqZIwdIrChRANCAAS/QCcUiRCUrbwGKo/2+L/Xt7duTX0h
nkGvWl6nBCoEulqzNqFC4gWmt8E5z0pomzuuRbe6SbyRLoiOgkrCYXHS
-----END PRIVATE KEY-----
`;

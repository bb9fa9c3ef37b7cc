using System.Security.Cryptography;
using McpTunnel.Certificates.Keys;
using Org.BouncyCastle.Asn1;
using Org.BouncyCastle.Asn1.Pkcs;
using Org.BouncyCastle.Asn1.X509;
using Org.BouncyCastle.Asn1.X9;
using Org.BouncyCastle.Crypto;

namespace McpTunnel.Certificates.Building;

/// <summary>Lets BouncyCastle build the structure while the platform's cryptography makes the signature: the key stays in one library.</summary>
internal sealed class PlatformSignatureFactory(PrivateKey key) : ISignatureFactory
{
    private readonly HashAlgorithmName _hash = key.Algorithm.KeySize == 384 ? HashAlgorithmName.SHA384 : HashAlgorithmName.SHA256;

    public object AlgorithmDetails => key.Algorithm switch
    {
        ECDsa when _hash == HashAlgorithmName.SHA384 => new AlgorithmIdentifier(X9ObjectIdentifiers.ECDsaWithSha384),
        ECDsa => new AlgorithmIdentifier(X9ObjectIdentifiers.ECDsaWithSha256),
        _ => new AlgorithmIdentifier(PkcsObjectIdentifiers.Sha256WithRsaEncryption, DerNull.Instance),
    };

    public IStreamCalculator<IBlockResult> CreateCalculator() => new Calculator(this);

    private byte[] Sign(byte[] data) => key.Algorithm switch
    {
        ECDsa ecdsa => ecdsa.SignData(data, _hash, DSASignatureFormat.Rfc3279DerSequence),
        RSA rsa => rsa.SignData(data, _hash, RSASignaturePadding.Pkcs1),
        _ => throw new InvalidOperationException("A key is ECDSA or RSA."),
    };

    private sealed class Calculator(PlatformSignatureFactory factory) : IStreamCalculator<IBlockResult>, IDisposable
    {
        private readonly MemoryStream _data = new();

        public Stream Stream => _data;

        public IBlockResult GetResult() => new Result(factory.Sign(_data.ToArray()));

        public void Dispose() => _data.Dispose();
    }

    private sealed class Result(byte[] signature) : IBlockResult
    {
        public byte[] Collect() => signature;

        public int Collect(byte[] buf, int off) => Collect(buf.AsSpan(off));

        public int Collect(Span<byte> output)
        {
            signature.CopyTo(output);
            return signature.Length;
        }

        public int GetMaxResultLength() => signature.Length;
    }
}
